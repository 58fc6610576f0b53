// A form made from the input schema of a capability. It validates as the server does, and the server validates again.
import Form from '@rjsf/core'
import type { RJSFSchema, UiSchema } from '@rjsf/utils'
import { type ReactNode, type Ref, useEffect, useEffectEvent, useImperativeHandle, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { JsonObject, JsonSchema, PlanError } from '@/api/types'
import { Notice } from '@/ui/notice'
import { ruleText } from './rules'
import { asExtraErrors, fieldId, titleAt, withoutEmpty } from './schema-model'
import { templates } from './schema-templates'
import { findErrors, validator } from './schema-validator'
import { widgets } from './schema-widgets'

export interface SchemaFormHandle {
  /** Shows what is wrong, focuses the first such field and answers nothing; or answers the values. */
  check: () => JsonObject | undefined
}

interface Props {
  schema: JsonSchema
  values: JsonObject
  onChange?: (values: JsonObject) => void
  onSubmit?: () => void
  serverErrors?: PlanError[]
  /** The form is there: from now on `check` answers. */
  onReady?: () => void
  disabled?: boolean
  children?: ReactNode
  ref?: Ref<SchemaFormHandle>
}

export default function SchemaForm({ schema, values, onChange, onSubmit, serverErrors = [], onReady, disabled, children, ref }: Props) {
  const { t } = useTranslation()
  const [tried, setTried] = useState(false)
  const summary = useRef<HTMLDivElement>(null)
  const uiSchema = useMemo(() => layout(schema), [schema])
  const local = tried ? findErrors(schema, values) : []
  const extra = serverErrors.filter((wrong) => !local.some((other) => other.pointer === wrong.pointer))
  const errors = [...local, ...extra]

  const ready = useEffectEvent(() => onReady?.())
  useEffect(() => ready(), [])
  useImperativeHandle(ref, () => ({
    check: () => {
      setTried(true)
      const found = findErrors(schema, values)
      if (found.length === 0) return withoutEmpty(values)
      // After the errors are on the page.
      setTimeout(() => focusField(found[0]?.pointer ?? ''), 0)
      return undefined
    },
  }))
  return (
    <div
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
          event.preventDefault()
          onSubmit?.()
        }
      }}
    >
      {errors.length > 0 && (
        <div ref={summary} style={{ marginBottom: 12 }}>
          <Notice tone="bad" title={t('form.errors', { count: errors.length })} live>
            <ul style={{ paddingLeft: 18 }}>
              {errors.map((wrong) => (
                <li key={`${wrong.pointer} ${wrong.rule}`}>
                  <a
                    href={`#${fieldId(wrong.pointer)}`}
                    onClick={(event) => {
                      event.preventDefault()
                      focusField(wrong.pointer)
                    }}
                  >
                    {titleAt(schema, wrong.pointer) || t('form.all_inputs')}
                  </a>
                  : {ruleText(t, wrong)}
                </li>
              ))}
            </ul>
          </Notice>
        </div>
      )}
      <Form
        tagName="div"
        schema={schema as RJSFSchema}
        uiSchema={uiSchema}
        formData={values}
        validator={validator}
        templates={templates}
        widgets={widgets}
        disabled={disabled}
        noHtml5Validate
        showErrorList={false}
        noValidate
        extraErrors={asExtraErrors(errors, (wrong) => ruleText(t, wrong)) as never}
        experimental_defaultFormStateBehavior={{ emptyObjectFields: 'skipDefaults', arrayMinItems: { populate: 'requiredOnly' } }}
        onChange={(event) => onChange?.((event.formData ?? {}) as JsonObject)}
      >
        {children ?? <></>}
      </Form>
    </div>
  )
}

/** Focuses the control of a pointer, or the nearest one around it. */
export function focusField(pointer: string): void {
  for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const found = document.getElementById(fieldId(at))
    if (!found) continue
    const control = found.matches('input, select, textarea, button') ? found : (found.querySelector<HTMLElement>('input, select, textarea, button') ?? found)
    control.focus()
    control.scrollIntoView({ block: 'center' })
    return
  }
}

/** Which control an input deserves beyond its type. */
function layout(schema: JsonSchema): UiSchema {
  const ui: UiSchema = { 'ui:submitButtonOptions': { norender: true } }
  for (const [name, inner] of Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>)) {
    if (inner.writeOnly === true) ui[name] = { 'ui:widget': 'password' }
    else if (inner.type === 'string' && !inner.format && !inner.enum && (inner.contentMediaType !== undefined || Number(inner.maxLength ?? 0) > 200)) ui[name] = { 'ui:widget': 'textarea' }
    else if (inner.type === 'array' && (inner.items as JsonSchema | undefined)?.enum && inner.uniqueItems) ui[name] = { 'ui:widget': 'select' }
  }
  return ui
}
