import { defineDetector } from "../../sdk/index.ts";
import { databasesByText } from "./_shared-clients.ts";

const CLIENTS: readonly (readonly [text: string, engine: string])[] = [
  ['"Npgsql', "postgres"],
  ['"MySql', "mysql"],
  ['"Pomelo.EntityFrameworkCore.MySql', "mysql"],
  ['"Microsoft.EntityFrameworkCore.Sqlite', "sqlite"],
  ['"Microsoft.Data.Sqlite', "sqlite"],
  ['"Microsoft.EntityFrameworkCore.SqlServer', "mssql"],
  ['"Microsoft.Data.SqlClient', "mssql"],
  ['"StackExchange.Redis', "redis"],
  ['"MongoDB.Driver', "mongodb"],
  ['"RabbitMQ.Client', "rabbitmq"],
];

/** Databases and brokers of a .NET project, by the packages it references. */
export default defineDetector({
  looksAt: ["*.csproj", "*.fsproj"],
  detect: (dir) =>
    databasesByText(dir, dir.names.find((name) => /\.(cs|fs)proj$/.test(name)) ?? "", { clients: CLIENTS }),
  examples: [
    {
      name: "Npgsql",
      files: {
        "a.csproj": '<Project>\n<PackageReference Include="Npgsql.EntityFrameworkCore.PostgreSQL"/>\n</Project>',
      },
      finds: [{ is: "database", engine: "postgres", because: ["a.csproj:2"] }],
    },
    { name: "no database", files: { "a.csproj": "<Project/>" }, finds: [] },
  ],
});
