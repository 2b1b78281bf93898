class CreateOrders < ActiveRecord::Migration[6.1]
  def change
    create_table :orders
    raise "no such luck" if ENV["ORDERS"] == "fail"
    execute "SELECT pg_sleep(600)" if ENV["ORDERS"] == "hang"
  end
end
