// node node_rewards.mjs NODE_MODULES MODEL.onnx: a JSON list of sequences of ids a line in, their rewards as a JSON list out.
import { createRequire } from "node:module";
import path from "node:path";
import readline from "node:readline";

const [modules, model] = process.argv.slice(2);
const ort = createRequire(path.join(modules, "x.js"))("onnxruntime-node");
const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1 });
for await (const line of readline.createInterface({ input: process.stdin })) {
  const rows = JSON.parse(line);
  const longest = Math.max(...rows.map((ids) => ids.length));
  const padded = new BigInt64Array(rows.length * longest);
  rows.forEach((ids, row) => ids.forEach((id, column) => (padded[row * longest + column] = BigInt(id))));
  const { reward } = await session.run({
    input_ids: new ort.Tensor("int64", padded, [rows.length, longest]),
    lengths: new ort.Tensor("int64", BigInt64Array.from(rows, (ids) => BigInt(ids.length)), [rows.length]),
  });
  console.log(JSON.stringify([...reward.data]));
}
