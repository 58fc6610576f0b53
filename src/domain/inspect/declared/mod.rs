//! What an author declares: `capability.toml`, the inline metadata of a script, or a sidecar. All three have one shape.
//!
//! ```toml
//! name = "monthly-report"            # a-z, 0-9, '-', '_' and '.'
//! title = "Monthly report"
//! description = "What it does, for the people who run it."
//! entry = "report.py"                # the file that is run, in a package of several
//! binding = "function"               # function | argv | env | stdin; inferred when left out
//! function = "main"                  # under the function binding
//! owner = "finance-it"
//! tags = ["finance", "monthly"]
//! risk = "low"                       # low | medium | high | critical
//! writes = ["the report archive"]    # what it changes outside its working directory; [] means read-only
//! network = "none"                   # none | host
//! requires-python = ">=3.10"
//! dependencies = ["openpyxl>=3"]
//! venv = "/opt/venvs/finance"        # a virtual environment on the host
//!
//! [inputs.month]                     # merged over what the code says of the same input
//! type = "date"                      # string | integer | number | boolean | array | object | file | date | date-time | time
//! title = "Month"
//! description = "First day of the month"
//! required = true
//! default = "2026-01-01"
//! enum = ["2026-01-01", "2026-02-01"]
//! min = 1                            # and max; for text and lists min_length and max_length
//! pattern = "^2026-"
//! items = "string"                   # of an array
//! flag = "--month"                   # under the argv binding; or positional = true
//! style = "value"                    # value | switch_on | switch_off | switch_pair | many | repeat | count
//!
//! [schema]                           # instead of [inputs]: the whole JSON Schema of the inputs
//! [output]                           # JSON Schema of the result
//!
//! [limits]                           # texts with a unit
//! wall = "10m"                       # and cpu; or wall_ms, cpu_ms
//! memory = "512MiB"                  # and file, disk, output, result; or memory_bytes, ...
//! processes = 64                     # and disk_entries, artifacts
//!
//! [retry]
//! attempts = 3
//! backoff = "5s"
//! after_interruption = false
//!
//! [concurrency]
//! limit = 1
//! key = "month"
//!
//! [env]
//! LANG = "C.UTF-8"
//!
//! [http]                             # under kind = "http": the request that the appliance makes
//! resource = "erp"                   # a resource that is granted to the tenant
//! method = "GET"                     # GET | HEAD | OPTIONS | POST | PUT | PATCH | DELETE
//! path = "/orders/{id}"              # below the resource's address; {id} is an input and stays one segment
//! query = { month = "{month}" }      # left out when the input is not given
//! headers = { X-Team = "{team}" }
//! body = { json = { amount = "{amount}" } }  # or form, multipart, or raw = { text, content_type }
//! redirects = 0
//! idempotency_header = "Idempotency-Key"
//! retry = { tries = 3, wait_ms = 200 }
//! pages = { kind = "cursor", next = "/next", param = "after", items = "/items", max = 20 }  # or page, offset, link
//!
//! [http.response]
//! success = ["2xx"]
//! check = [{ at = "/ok", equals = true }]
//! extract = "/data"                  # a JSON Pointer, a JSONPath, or a table of them
//! artifact = "orders.json"
//! max_bytes = 4194304
//! schema = { type = "object" }       # JSON Schema of the answer
//!
//! [http.verify]                      # a request that only reads: `capability verify`
//! path = "/ping"
//! success = ["200"]
//!
//! [[secrets]]                        # of the vault; `secrets = ["db-password"]` for short
//! name = "db-password"
//! file = "db"                        # below /run/secrets; its name unless given. Or: env = "DB_PASSWORD"
//!
//! [[examples]]
//! title = "January"
//! inputs = { month = "2026-01-01" }
//! ```
//!
//! In the inline metadata the same keys stand under `[tool.execgov]`, while `requires-python` and `dependencies` stay where
//! the Python packaging standard puts them. Keys may be written with `-` or `_`. Unknown keys are errors.

mod inline;
mod inputs;
mod keys;
mod tree;
mod units;

pub use inline::read as inline;
pub use inputs::{DeclaredInput, merge as merge_input};
pub use keys::{Declaration, read};
pub use tree::Tree;
