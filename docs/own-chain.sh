#!/usr/bin/env bash
# One trade on a chain of your own, from keys to certificates: every step by the command line.
# Run it in an empty folder, with `powerpact` on the PATH.
set -euo pipefail

# Keys live in encrypted files, one for each name; the password comes from a file here, else from the terminal.
# The folder tells git to leave it alone, whatever repository it lies in.
export POWERPACT_HOME=$PWD/keys POWERPACT_PASSWORD_FILE=$PWD/keys/password
(umask 077; mkdir keys; echo '*' > keys/.gitignore; python3 -c 'import secrets; print(secrets.token_hex(16))' > keys/password)
people=(utility ann ben alice bob agent gateway)
for name in "${people[@]}" bob-meter bob-meter-2 router; do powerpact account new "$name"; done

# A local chain with a block every second. Any other chain: give its URL to `powerpact deploy --rpc`.
export POWERPACT_RPC=http://127.0.0.1:${PORT:=8545}
powerpact chain up --port "$PORT" "${people[@]/#/--fund=}" & chain=$!
trap 'kill $chain' EXIT
until powerpact chain fund agent 2> /dev/null; do sleep 1; done

# Ann and Ben audit, and what two of them say counts. The utility issues points against deposits.
# Members can stop whom auditors announce, here for a minute, in a community for days.
echo '{"admission_window_s": 60, "supporters": 1}' > membership.json
powerpact deploy -a utility --auditor ann --auditor ben --threshold 2 --membership membership.json
powerpact ca init --auditor ann --auditor ben --threshold 2
for trader in alice bob; do
  printf 'country = "AT"\nnationalId = "%s"\n' "$trader" > $trader.toml
  powerpact members apply -a $trader --attribute type=prosumer
  tag=$(powerpact ca tag $trader.toml)  # who a person is, by a key of the authority: nobody is two members
  for auditor in ann ben; do
    powerpact members approve $trader -a $auditor --tag "$tag" --credibility-ppm 900000 \
      --shown $trader.application.json --json > announced.json
  done
done
powerpact members motions
powerpact chain advance "$(python3 -c 'import json; print(json.load(open("announced.json"))["ends_at"])')"
for motion in 1 2; do powerpact members admit $motion -a agent; done
powerpact members history alice

# Alice's shop has a key of its own. As a member she proposes another auditor; Bob objects.
powerpact members link gateway -a alice
powerpact members unlink gateway -a alice
powerpact members committee appoint agent --threshold 2 -a alice
powerpact members committee announce 1 -a alice
powerpact members committee object 1 -a bob
powerpact members motions
powerpact device add -a bob --key bob-meter --capacity-wh 20000 --source solar
for auditor in ann ben; do powerpact device certify 1 -a $auditor; done
powerpact points mint alice 50.0 -a utility --reference 'transfer 4711'
powerpact deposit 50.0 -a alice

# A market for the hour after next: its rules are fixed now, and its id is their hash.
slot=$(python3 -c 'import time; print((int(time.time()) // 3600 + 2) * 3600)')
powerpact market open -a alice --arbiter ann --slot "$slot" --gate-before 300 \
  --attribute price:cost:ask --attribute credibility:income:credibility \
  --category source --source-category source --json > market.json
market=$(python3 -c 'import json; print(json.load(open("market.json"))["market"])')
powerpact market show "$market"

# Bob offers 1.5 kWh himself. Alice signs that she wants 1.2 kWh; the agent relays her order and pays the gas.
powerpact order sell "$market" -a bob --energy-wh 1500 --ask 0.1 --min 0.08 --device 1
powerpact order buy "$market" -a alice --energy-wh 1200 --bid 0.11 --require source=solar \
  --term price=0.09:0.12:600000 --term credibility=900000:500000:400000 --sign-only alice.order.json
powerpact order nonces alice
powerpact order relay alice.order.json -a agent
powerpact order list "$market"

# Alice cannot sign every hour. Inside a mandate her gateway orders in her name; here it cancels again, and she revokes.
powerpact mandate sign "$market" -a alice --delegate gateway --bid 0.09 --most-wh-per-slot 500 --most-wh 20000 \
  --until 2100-01-01T00:00Z -o alice.mandate.json
powerpact order buy "$market" -a gateway --mandate alice.mandate.json --energy-wh 300
powerpact mandate show alice.mandate.json
powerpact order cancel "$market" 2:0 -a gateway
powerpact mandate revoke alice.mandate.json -a alice

# The gate closes by itself; on a local chain time can be moved. Then the agent solves, proposes and proves.
powerpact chain advance $((slot - 300))
powerpact round close "$market"
powerpact round submit "$market" -a agent
powerpact round status "$market"

# The trades of the slot, as the network's dispatcher plans with them.
powerpact schedule "$slot"

# Before the slot auditors look at the trades: one can flag a trade for all to see, and as many as decide can veto it.
powerpact trade flag "$market" 0:0 -a ann --reason 'look at this meter again'

# What Bob has beyond the market's rounds Alice pays for in a channel: for readings from now on, by vouchers.
channel=$(powerpact channel open --with bob --amount 5.0 --device 1 --price 0.09 -a alice)

# After the hour Bob's meter says what it delivered, and everyone is paid by that.
powerpact chain advance $((slot + 3600))
powerpact meter report -a bob --key bob-meter --slot "$slot" --exported-wh 1150
powerpact settle "$market" -a bob
powerpact trade list --mine
powerpact balance alice bob

# The energy is certified: which device, which hour, which hands; retired, it never moves again.
powerpact certificates list alice --json > certificates.json
certificate=$(python3 -c 'import json; print(json.load(open("certificates.json"))[0]["certificate"])')
powerpact certificates trace "$certificate"
powerpact certificates retire "$certificate" 1150 -a alice --purpose 'cooking on sunshine'

# Bob's statement of the hour: every trade is paid again from its readings, and his points are what the chain holds.
powerpact statement show bob --since "$slot" --until $((slot + 3600)) --page bob.html
powerpact settlement export --since "$slot" --until $((slot + 3600))

# A router of the subnet commits to the readings of the next hour; each counts when it is proved, with its meter's signature.
powerpact device add -a bob --key router --kind router --capacity-wh 20000
for auditor in ann ben; do powerpact device certify 2 -a $auditor; done
powerpact chain advance $((slot + 7200))
powerpact meter simulate --key bob-meter --slot $((slot + 3600)) -o readings.jsonl
powerpact router commit readings.jsonl --key router -a agent
powerpact router batches
powerpact router prove readings.jsonl --batch 1 --device 1 -a alice
powerpact router check readings.jsonl --batch 1

# Alice pays for that reading in the channel: she signs a voucher, Bob has it paid.
powerpact channel pay "$channel" --readings readings.jsonl -a alice -o vouchers.jsonl
powerpact channel receive vouchers.jsonl --readings readings.jsonl -a bob
powerpact channel close "$channel" -a bob
powerpact channel list --all

# The meter says again what it measured in that hour: less went out than it had said.
powerpact meter correct -a agent --key bob-meter --slot $((slot + 3600)) --exported-wh 0

# The meter gets another key; an hour later Alice takes the roof over. It sells again once the auditors have looked at it.
powerpact device rotate 1 -a bob --key bob-meter-2
powerpact chain advance $((slot + 10800))
powerpact device offer 1 -a bob --to alice
powerpact device accept 1 -a alice
powerpact chain advance $((slot + 14400))
for auditor in ann ben; do powerpact device certify 1 -a $auditor; done
powerpact device list
powerpact audit
