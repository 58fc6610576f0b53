// What the tests and the pictures put into an appliance: scripts of several kinds, and a company that uses them.
import { addPeople, callerOf, PASSWORD, setUp } from './harness.mjs'

export const REPORT = `"""Sales report.

Adds up the sales of one month.
"""
import json
from typing import Literal


def main(month: str, region: Literal["north", "south"] = "north", top: int = 3, strict: bool = False) -> dict:
    """Adds up sales.

    Args:
        month: The month, as 2026-11
        region: Which region
        top: Rows to keep
        strict: Fail on odd rows
    """
    rows = [{"product": f"product {n}", "region": region, "amount": n * 10} for n in range(1, top + 1)]
    for row in rows:
        print(json.dumps(row))
    with open("outputs/report.csv", "w") as file:
        file.write("product,amount\\n" + "".join(f"{r['product']},{r['amount']}\\n" for r in rows))
    return {"month": month, "total": sum(r["amount"] for r in rows), "rows": rows}
`
export const SLOW = `import sys
import time

print("##[group]Warming up")
for n in range(1, 5):
    print("\\x1b[32mstep\\x1b[0m", n, flush=True)
print("##[endgroup]")
print("<script>window.pwned = 1</script>", flush=True)
for n in range(1, 600):
    print("tick", n, flush=True)
    time.sleep(0.1)
`

/** Two steps, warnings, colours, and an end that is none of success. */
export const STEPS = '#!/bin/sh\n# Nightly import\n#\n# Reads yesterday\'s files and loads them.\necho "##[group]Fetch"\nfor n in 1 2 3 4 5 6; do printf "\\033[32mok\\033[0m file %s\\n" "$n"; done\necho "##[endgroup]"\necho "##[group]Load"\necho "WARNING: 2 rows without a date" >&2\nprintf "\\033[31merror\\033[0m: table is locked\\n" >&2\necho "##[endgroup]"\nexit 3\n'

/** Writes a PDF of two pages, and one that is none. */
export const PAPERS = `"""Makes papers."""


def main():
    pages = ["first page", "second page"]
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    for n, text in enumerate(pages):
        stream = f"BT /F1 48 Tf 72 600 Td ({text}) Tj ET"
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * n} 0 R >>")
        objects.append(f"<< /Length {len(stream)} >>\\nstream\\n{stream}\\nendstream")
    body, offsets = "%PDF-1.4\\n", []
    for n, text in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{n} 0 obj\\n{text}\\nendobj\\n"
    at = len(body)
    body += f"xref\\n0 {len(objects) + 1}\\n0000000000 65535 f \\n" + "".join(f"{offset:010d} 00000 n \\n" for offset in offsets)
    body += f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\\nstartxref\\n{at}\\n%%EOF\\n"
    for name, text in [("paper.pdf", body), ("broken.pdf", "%PDF-1.4 and nothing more")]:
        with open("outputs/" + name, "w", newline="") as file:
            file.write(text)
`

/** A script of a risk class: what critical ones do waits for somebody else, high ones are confirmed. */
export const risky = (risk, title, extra = '') => `# /// script
# [tool.execgov]
# risk = "${risk}"
# ///
"""${title}."""


def main(account: str, amount: int = 1) -> dict:
    """${title}.

    Args:
        account: Whose account
        amount: In whole units
    """
    print("paid", amount, "to", account)
${extra}    return {"account": account, "paid": amount}
`

/** Requests in every state that somebody has to look at, rules of three kinds, freezes that hold, wait and come again. */
export async function govern(appliance, admin) {
  const operator = await callerOf(appliance, 'a-operator')
  const approver = await callerOf(appliance, 'a-approver')
  const decide = async (run, verdict, comment) => {
    const id = run.hold.approval
    const { binding } = await approver.ask('GET', `/api/v1/approvals/${id}`)
    await approver.ask('POST', `/api/v1/approvals/${id}/${verdict}`, { binding, password: PASSWORD, comment })
    return { run: run.id, approval: id }
  }
  const ask = (inputs, reason) => operator.ask('POST', '/api/v1/runs', { capability: 'payout', inputs, reason })
  await admin.register('payout.py', risky('critical', 'Pays money out'))
  await admin.register('restart-service.py', risky('high', 'Starts a service again'))
  const approved = await decide(await ask({ account: 'ACME-1', amount: 250 }, 'Invoice 2026-118'), 'approve', 'Agrees with the invoice.')
  await admin.ask('GET', `/api/v1/runs/${approved.run}?wait=60`)
  const rejected = await decide(await ask({ account: 'ACME-2', amount: 90000 }, 'Second invoice'), 'reject', 'There is no such invoice; ask purchasing first.')
  await admin.register('payout.py', risky('critical', 'Pays money out', '    print("booked")\n'))
  const one = await ask({ account: 'ACME-1', amount: 400 }, 'Invoice 2026-131')
  const open = { run: one.id, approval: one.hold.approval }
  await ask({ account: 'Globex', amount: 12 })
  const confirm = await operator.run('restart-service', { account: 'billing' }, 0)
  await admin.ask('PUT', '/api/v1/rules/risk/medium', { need: { kind: 'confirm' }, reason_required: true })
  await admin.ask('PUT', '/api/v1/rules/capability/restart-service', { need: { kind: 'approve', approvers: 2, role: 'reviewer' }, reason_required: true, ticket_pattern: 'CHG-[0-9]{6}', expires_s: 7200 })
  await admin.ask('POST', '/api/v1/freezes', { name: 'Year end', risks: ['high', 'critical'], window: { kind: 'once', from: '2026-01-01T00:00:00Z', until: '2099-01-01T00:00:00Z' } })
  await admin.ask('POST', '/api/v1/freezes', { name: 'Weekends', capabilities: ['payout'], window: { kind: 'recurring', weekdays: ['sat', 'sun'], month_days: [], start: '22:00', minutes: 600 }, zone: 'Asia/Shanghai' })
  await admin.ask('POST', '/api/v1/freezes', { name: 'Move of the data centre', window: { kind: 'once', from: '2098-03-01T00:00:00Z', until: '2098-03-02T00:00:00Z' } })
  await admin.ask('POST', '/api/v1/groups', { name: 'finance', description: 'Those who pay' })
  for (const [user, until] of [['a-approver', null], ['a-operator', '2099-01-01T00:00:00Z']]) await admin.ask('PUT', `/api/v1/groups/finance/members/${user}`, { until })
  await admin.ask('POST', '/api/v1/calendars', { name: 'Holidays', zone: 'Asia/Shanghai', rules: [{ weekdays: ['sat', 'sun'] }, { month_days: [-1] }], days: ['2027-01-01'], except: ['2027-01-02'] })
  return { approved, rejected, open, confirm: confirm.id }
}

/** Who may do what beside the roles of the accounts: a space with a folder, a role of the tenant's own, roles given there, a service account and policies that were tried. */
export async function arrange(admin) {
  await admin.ask('POST', '/api/v1/tenants', { key: 'acme', title: 'Acme GmbH' })
  await admin.ask('POST', '/api/v1/spaces', { name: 'treasury', description: 'What moves money' })
  for (const path of ['payments', 'payments/eu']) await admin.ask('POST', '/api/v1/spaces/treasury/folders', { path })
  await admin.ask('POST', '/api/v1/roles', { name: 'log-reader', description: 'Reads what runs have said', actions: ['run.view', 'artifact.download'] })
  await admin.ask('POST', '/api/v1/grants', { group: 'finance', role: 'operator', place: 'treasury', reason: 'They pay' })
  await admin.ask('POST', '/api/v1/grants', { user: 'a-viewer', role: 'log-reader', until: '2098-12-31T00:00:00Z', reason: 'Audit of the year' })
  await admin.ask('POST', '/api/v1/service-accounts', { name: 'nightly-job', owner: 'a-operator', roles: ['operator'] })
  const text = '@id("no-payout-by-viewers")\n@hint("Ask finance.")\nforbid (principal in Role::"viewer", action == Action::"capability.run", resource);\n'
  await admin.ask('POST', '/api/v1/policies', { text, note: 'Viewers start nothing' })
  await admin.ask('POST', '/api/v1/policies/1/try', {})
}

/** What is told and shared: announcements, a template with a user of it, a capability on the community page, and a checkpoint that is kept elsewhere. */
export async function announce(admin) {
  const body = { title: 'Stocktaking on Friday', body: 'Nothing that writes runs after 18:00.\nAsk the warehouse.', severity: 'warning', tenants: [], acknowledge: true }
  const draft = await admin.ask('POST', '/api/v1/announcements', body)
  await admin.ask('POST', '/api/v1/announcements', { ...body, title: 'New shelves', severity: 'info', acknowledge: false })
  await admin.ask('POST', '/api/v1/templates', { capability: 'sales-report', changelog: 'First release' })
  await admin.ask('POST', '/api/v1/templates/sales-report/instantiate', { name: 'sales-north', values: { region: 'north' } })
  await admin.ask('POST', '/api/v1/community', { capability: 'sales-report', description: 'Adds up the sales of a month in seconds.' })
  const colleague = await callerOf({ url: admin.url }, 'a-operator')
  await colleague.ask('PUT', '/api/v1/community/sales-report/rating', { stars: 4, comment: 'Saves an hour each Monday.' })
  await admin.ask('POST', '/api/v1/audit/witnesses', { place: 'Printed, safe of the legal department' })
  return admin.ask('POST', `/api/v1/announcements/${draft.id}/publish`, {})
}

/** An appliance in use: capabilities in every state, runs that ended well and badly, and everything of `govern` and `announce`. */
export async function furnish(appliance) {
  const admin = await setUp(appliance)
  await addPeople(appliance, admin)
  await admin.register('sales-report.py', REPORT)
  await admin.register('sales-report.py', REPORT.replace('Adds up the sales of one month.', 'Adds up the sales of one month, by region.'))
  await admin.register('nightly-import.sh', STEPS)
  await admin.register('stock-check.py', REPORT.replace('Sales report', 'Stock check'), false)
  await admin.ask('POST', '/api/v1/capabilities/stock-check/versions/1/submit', { changelog: 'Checks the stock of one month' })
  const run = (await admin.run('sales-report', { month: '2026-11' })).id
  const failed = (await admin.run('nightly-import', {})).id
  const user = (await admin.ask('GET', '/api/v1/users')).items[0].id
  const asked = await govern(appliance, admin)
  await arrange(admin)
  const told = (await announce(admin)).id
  return { admin, run, failed, user, asked, told }
}
