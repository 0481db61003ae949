"""Mutation testing: small bugs made from the contracts' syntax trees, which the tests must find.

`operators` makes them, `catalogue` chooses and names them, `trial` runs machine and unit tests against one, `record`
writes the page. `python -m testkit.mutation --help` shows the commands; `./run mutate` is the campaign.
"""
