// Verify a credential or a disclosure with the EAS SDK alone, and the fields that a disclosure shows:
//
//   node credential.mjs committee.json alice.credential.json
//
// It says whether each signature is good and whether the shown fields are under the root that was signed. Time,
// threshold and revocation are `powerpact ca verify`'s to judge.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Signature } from "ethers";

// The ES modules of eas-sdk 2.10.0 do not load in Node (named imports of lodash); its CommonJS modules do.
const { Offchain, PrivateData, SchemaEncoder } = createRequire(import.meta.url)(
  "@ethereum-attestation-service/eas-sdk",
);

const [committeeFile, file] = process.argv.slice(2);
const committee = JSON.parse(readFileSync(committeeFile));
const { uid, domain, types, message, signatures, shown } = JSON.parse(readFileSync(file));

const config = { address: committee.registry, version: committee.easVersion, chainId: BigInt(committee.chainId) };
const offchain = new Offchain(config, message.version, {});
const verified = signatures.map(({ signer, signature }) => {
  const { v, r, s } = Signature.from(signature);
  const { Attest } = types;
  const attestation = { uid, domain, types: { Attest }, primaryType: "Attest", message, signature: { v, r, s } };
  return offchain.verifyOffchainAttestationSignature(signer, attestation);
});

const codes = new SchemaEncoder(committee.easSchema).decodeData(message.data);
const root = codes.find(({ name }) => name === "privateData").value.value;
const fields = shown && {
  proven: PrivateData.verifyMultiProof(root, shown),
  values: Object.fromEntries(shown.leaves.map(({ name, value }) => [name, value])),
};
console.log(JSON.stringify({ uid, signers: signatures.map(({ signer }) => signer), verified, root, fields }));
