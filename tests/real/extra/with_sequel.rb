# Sequel's own migrators: `status`, `one`, `all` or `down`.
require "sequel"

Sequel.extension :migration
url = ENV.fetch("DATABASE_URL").sub("mysql:", "mysql2:").sub("sqlite:", "sqlite://")
database = Sequel.connect(url)
folder = "db/migrate"
files = Dir["#{folder}/*.rb"].sort
names = files.map { |file| File.basename(file, ".rb") }
number = ->(name) { name.to_i }

# What its migrator holds for applied, and for to be done.
migrator = Sequel::Migrator.send(:migrator_class, folder).new(database, folder)
is_numbered = migrator.is_a?(Sequel::IntegerMigrator)

case ARGV[0]
when "status"
  applied = is_numbered ? nil : migrator.applied_migrations
  names.each do |name|
    done = is_numbered ? number[name] <= migrator.current : applied.include?("#{name.downcase}.rb")
    puts "#{done ? "applied" : "pending"} #{name}"
  end
when "one" then Sequel::Migrator.run(database, folder, target: number[names[0]])
when "all" then Sequel::Migrator.run(database, folder)
when "down" then Sequel::Migrator.run(database, folder, target: number[names[1]])
end
