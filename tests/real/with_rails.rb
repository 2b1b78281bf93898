# Active Record's own migrator, without an app around it: `status`, `one`, `all` or `down`.
require "active_record"

ActiveRecord::Base.establish_connection(ENV.fetch("DATABASE_URL").sub("mysql:", "mysql2:").sub("sqlite:", "sqlite3:"))
ActiveRecord::Migration.verbose = false
context = ActiveRecord::MigrationContext.new("db/migrate", ActiveRecord::SchemaMigration)

case ARGV[0]
when "status"
  # What `db:abort_if_pending_migrations` goes by; `db:migrate:status` wants a table.
  applied = context.get_all_versions
  context.migrations.each do |migration|
    puts "#{applied.include?(migration.version) ? "applied" : "pending"} #{File.basename(migration.filename, ".rb")}"
  end
when "one" then context.up(1)
when "all" then context.up
when "down" then context.rollback(1)
end
