// The same from CommonJS: Node loads ES modules with require().
const { createApp } = require("@q/core");

async function main(url) {
  const app = createApp("client", { broker: url, backend: url });
  const result = await app.sendTask("packaging.add", [20, 3]);
  console.log(JSON.stringify({ value: await result.get({ timeout: 20 }) }));
  await app.close();
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
