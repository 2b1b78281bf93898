require "rails"
require "active_record/railtie"

class App < Rails::Application
  config.eager_load = false
  config.active_record.dump_schema_after_migration = false
end
