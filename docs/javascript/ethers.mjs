// Sign a buy order and post it, with ethers, and a key from the keystore of PowerPact's command line:
//
//   KEY_FILE=keys/alice.json PASSWORD_FILE=password node ethers.mjs powerpact.deployment.json MARKET terms.json
//
// terms.json holds the members of BuyOrder but for market and trader.

import { readFileSync } from "node:fs";
import { Contract, JsonRpcProvider, Signature, Wallet } from "ethers";

import { abi, packBuyOrder, typedBuyOrder } from "./order.mjs";

const [deploymentFile, market, termsFile] = process.argv.slice(2);
const deployment = JSON.parse(readFileSync(deploymentFile));
const password = readFileSync(process.env.PASSWORD_FILE, "utf8").trimEnd();
const opened = Wallet.fromEncryptedJsonSync(readFileSync(process.env.KEY_FILE, "utf8"), password);
const wallet = opened.connect(new JsonRpcProvider(deployment.rpc_url));
const order = { ...JSON.parse(readFileSync(termsFile)), market, trader: wallet.address };

const { domain, types, message } = typedBuyOrder(deployment, order);
const signature = await wallet.signTypedData(domain, types, message);
const { r, yParityAndS } = Signature.from(signature);

const book = new Contract(deployment.addresses.OrderBook, abi, wallet);
const sent = await book.placeSigned(market, [packBuyOrder(order)], [{ r, vs: yParityAndS }], []).catch((error) => {
  const refusal = error.data && book.interface.parseError(error.data); // of whichever contract it comes from
  throw refusal ? new Error(`${refusal.name}(${refusal.args.join(", ")})`) : error;
});
const { logs, hash } = await sent.wait();
const placed = logs.map((log) => book.interface.parseLog(log)).find((event) => event?.name === "OrdersPlaced");
console.log(JSON.stringify({ trader: wallet.address, batch: Number(placed.args.batch), signature, hash }));
process.exit(0); // the provider would go on asking
