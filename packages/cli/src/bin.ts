import { main } from "./main.ts";

process.exitCode = await main(process.argv.slice(2));
// What a module of the app's has left open, such as a pool of database connections, keeps no command from ending.
process.stdout.write("", () => process.stderr.write("", () => process.exit()));
