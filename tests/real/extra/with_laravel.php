<?php
// Laravel's own migrator, without an app around it: `status`, `one`, `all` or `down`.
foreach (['Database', 'Events', 'Filesystem', 'Console'] as $package) {
    require_once "Illuminate/$package/autoload.php";
}

use Illuminate\Database\Capsule\Manager;
use Illuminate\Database\Migrations\DatabaseMigrationRepository;
use Illuminate\Database\Migrations\Migrator;
use Illuminate\Filesystem\Filesystem;
use Illuminate\Support\Facades\Facade;

$url = parse_url(getenv('DATABASE_URL'));
$drivers = ['postgres' => 'pgsql', 'mysql' => 'mysql', 'sqlite' => 'sqlite'];
$driver = $drivers[$url['scheme']];
$database = $driver === 'sqlite' ? $url['path'] : substr($url['path'], 1);
if ($driver === 'sqlite') {
    touch($database);
}

$manager = new Manager();
$manager->addConnection([
    'driver' => $driver,
    'host' => $url['host'] ?? '',
    'port' => $url['port'] ?? '',
    'username' => $url['user'] ?? '',
    'password' => $url['pass'] ?? '',
    'database' => $database,
]);
$resolver = $manager->getDatabaseManager();
$repository = new DatabaseMigrationRepository($resolver, 'migrations');
$migrator = new Migrator($repository, $resolver, new Filesystem());
$folder = 'database/migrations';

switch ($argv[1]) {
    case 'status':
        $ran = $repository->repositoryExists() ? $repository->getRan() : [];
        foreach (array_keys($migrator->getMigrationFiles([$folder])) as $name) {
            echo in_array($name, $ran) ? 'applied' : 'pending', " $name\n";
        }
        break;
    case 'down':
        $migrator->rollback([$folder], ['step' => 1]);
        break;
    default:
        if (!$repository->repositoryExists()) {
            $repository->createRepository();
        }
        $files = array_values($migrator->getMigrationFiles([$folder]));
        $migrator->run($argv[1] === 'one' ? [$files[0]] : [$folder]);
}
