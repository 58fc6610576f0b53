// Which page answers which address. Every page is a chunk of its own.
import { type ComponentType, lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { Route, Switch } from 'wouter'
import { Shell } from './layouts/shell'
import { NotFound } from './pages/errors'
import { Skeleton } from './ui/skeleton'

const page = (load: () => Promise<{ default: ComponentType }>) => lazy(load)

const SignIn = page(() => import('./pages/signin/signin'))
const Setup = page(() => import('./pages/setup/setup'))
const Home = page(() => import('./pages/home/home'))
const Capabilities = page(() => import('./pages/capabilities/list'))
const Register = page(() => import('./pages/capabilities/register'))
const RegisterRequest = page(() => import('./pages/capabilities/register-request'))
const RegisterOpenApi = page(() => import('./pages/capabilities/register-openapi'))
const Capability = page(() => import('./pages/capabilities/detail'))
const Version = page(() => import('./pages/capabilities/version'))
const Templates = page(() => import('./pages/templates/list'))
const Template = page(() => import('./pages/templates/detail'))
const Community = page(() => import('./pages/community/list'))
const Shared = page(() => import('./pages/community/detail'))
const Runs = page(() => import('./pages/runs/list'))
const Run = page(() => import('./pages/runs/detail'))
const Compare = page(() => import('./pages/runs/compare'))
const Approvals = page(() => import('./pages/approvals/list'))
const Approval = page(() => import('./pages/approvals/detail'))
const Standing = page(() => import('./pages/approvals/standing'))
const Absences = page(() => import('./pages/approvals/absences'))
const Freezes = page(() => import('./pages/admin/freezes'))
const Calendars = page(() => import('./pages/calendars/list'))
const Calendar = page(() => import('./pages/calendars/detail'))
const Rules = page(() => import('./pages/admin/rules'))
const Resources = page(() => import('./pages/resources/list'))
const Resource = page(() => import('./pages/resources/detail'))
const ResourceEdit = page(() => import('./pages/resources/edit'))
const Secrets = page(() => import('./pages/vault/secrets'))
const Secret = page(() => import('./pages/vault/secret'))
const Vault = page(() => import('./pages/vault/keys'))
const Audit = page(() => import('./pages/audit/list'))
const AuditEntry = page(() => import('./pages/audit/entry'))
const AuditKeeping = page(() => import('./pages/audit/keeping'))
const Announcements = page(() => import('./pages/announcements/list'))
const Announcement = page(() => import('./pages/announcements/detail'))
const Users = page(() => import('./pages/admin/users'))
const User = page(() => import('./pages/admin/user'))
const Tenants = page(() => import('./pages/access/tenants'))
const Groups = page(() => import('./pages/access/groups'))
const Group = page(() => import('./pages/access/group'))
const Roles = page(() => import('./pages/admin/roles'))
const Grants = page(() => import('./pages/access/grants'))
const Spaces = page(() => import('./pages/access/spaces'))
const Services = page(() => import('./pages/access/services'))
const Policies = page(() => import('./pages/access/policies'))
const Health = page(() => import('./pages/admin/health'))
const Account = page(() => import('./pages/account/account'))
const Help = page(() => import('./pages/help/help'))

export function Routes() {
  return (
    <Suspense fallback={null}>
      <Switch>
        <Route path="/signin" component={SignIn} />
        <Route path="/setup" component={Setup} />
        <Route>
          <Shell>
            <Inner />
          </Shell>
        </Route>
      </Switch>
    </Suspense>
  )
}

function Inner() {
  const { t } = useTranslation()
  return (
    <Suspense fallback={<Skeleton label={t('common.loading')} rows={6} />}>
      <Switch>
        <Route path="/" component={Home} />
        <Route path="/capabilities" component={Capabilities} />
        <Route path="/register" component={Register} />
        <Route path="/register/request" component={RegisterRequest} />
        <Route path="/register/openapi" component={RegisterOpenApi} />
        <Route path="/capabilities/:name/versions/:number" component={Version} />
        <Route path="/capabilities/:name/:tab?" component={Capability} />
        <Route path="/templates" component={Templates} />
        <Route path="/templates/:name" component={Template} />
        <Route path="/community" component={Community} />
        <Route path="/community/:name" component={Shared} />
        <Route path="/runs" component={Runs} />
        <Route path="/runs/:id/:tab?" component={Run} />
        <Route path="/compare" component={Compare} />
        <Route path="/approvals" component={Approvals} />
        <Route path="/approvals/:id" component={Approval} />
        <Route path="/standing-approvals" component={Standing} />
        <Route path="/absences" component={Absences} />
        <Route path="/admin/rules" component={Rules} />
        <Route path="/admin/calendars" component={Calendars} />
        <Route path="/admin/calendars/:name" component={Calendar} />
        <Route path="/admin/freezes" component={Freezes} />
        <Route path="/resources" component={Resources} />
        <Route path="/add-resource" component={ResourceEdit} />
        <Route path="/resources/:name" component={Resource} />
        <Route path="/resources/:name/edit" component={ResourceEdit} />
        <Route path="/secrets" component={Secrets} />
        <Route path="/secrets/:name" component={Secret} />
        <Route path="/vault" component={Vault} />
        <Route path="/audit" component={Audit} />
        <Route path="/audit/:index" component={AuditEntry} />
        <Route path="/audit-keeping" component={AuditKeeping} />
        <Route path="/admin/announcements" component={Announcements} />
        <Route path="/admin/announcements/:id" component={Announcement} />
        <Route path="/admin/users" component={Users} />
        <Route path="/admin/users/:id" component={User} />
        <Route path="/admin/tenants" component={Tenants} />
        <Route path="/admin/groups" component={Groups} />
        <Route path="/admin/groups/:name" component={Group} />
        <Route path="/admin/roles" component={Roles} />
        <Route path="/admin/grants" component={Grants} />
        <Route path="/admin/spaces" component={Spaces} />
        <Route path="/admin/service-accounts" component={Services} />
        <Route path="/admin/policies" component={Policies} />
        <Route path="/admin/health" component={Health} />
        <Route path="/account/:tab?" component={Account} />
        <Route path="/help/:section?/:page?" component={Help} />
        <Route component={NotFound} />
      </Switch>
    </Suspense>
  )
}
