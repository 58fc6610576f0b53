// How rjsf lays out our forms: label above, help and error below, two columns where there is room, groups as field sets.
import { ArrowDownOutlined, ArrowUpOutlined, CloseOutlined, ExclamationCircleFilled, PlusOutlined } from '@ant-design/icons'
import type {
  ArrayFieldItemTemplateProps, ArrayFieldTemplateProps, FieldTemplateProps, MultiSchemaFieldTemplateProps, ObjectFieldTemplateProps, TemplatesType, UnsupportedFieldProps,
} from '@rjsf/utils'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'

function FieldTemplate({ id, label, children, rawErrors, rawDescription, required, hidden, displayLabel, schema, hideError }: FieldTemplateProps) {
  const { t } = useTranslation()
  if (hidden) return <div hidden>{children}</div>
  const group = schema.type === 'object' || schema.type === 'array'
  const errors = hideError ? [] : [...new Set(rawErrors ?? [])]
  if (id === 'root') return children
  return (
    <div className={group || (schema.maxLength ?? 0) > 200 ? 'field full' : 'field'}>
      {displayLabel && !group && (
        <label htmlFor={id}>
          {label}
          {required && <span className="need">{t('form.required')}</span>}
        </label>
      )}
      {children}
      {rawDescription && !group && (
        <div className="help" id={`${id}__help`}>
          {rawDescription}
        </div>
      )}
      {errors.length > 0 && (
        <div className="wrong" id={`${id}__error`}>
          <ExclamationCircleFilled aria-hidden />
          <span>{errors.join(' ')}</span>
        </div>
      )}
    </div>
  )
}

function ObjectFieldTemplate({ title, description, properties, fieldPathId, schema, onAddProperty, disabled, readonly }: ObjectFieldTemplateProps) {
  const { t } = useTranslation()
  const fields = <div className="form-grid">{properties.filter((property) => !property.hidden).map((property) => property.content)}</div>
  if (fieldPathId.$id === 'root') return fields
  return (
    <fieldset className="group" id={fieldPathId.$id} tabIndex={-1}>
      <legend>{title}</legend>
      {description && <div className="help muted">{description}</div>}
      {fields}
      {schema.additionalProperties && !disabled && !readonly ? (
        <Button size="small" icon={<PlusOutlined aria-hidden />} onClick={onAddProperty}>
          {t('form.add_field')}
        </Button>
      ) : null}
    </fieldset>
  )
}

function ArrayFieldTemplate({ title, schema, items, canAdd, onAddClick, fieldPathId, required, disabled, readonly }: ArrayFieldTemplateProps) {
  const { t } = useTranslation()
  return (
    <fieldset className="group" id={fieldPathId.$id} tabIndex={-1}>
      <legend>
        {title}
        {required && <span className="need">{t('form.required')}</span>}
      </legend>
      {schema.description && (
        <div className="help muted" style={{ marginBottom: 8 }}>
          {schema.description}
        </div>
      )}
      {items}
      {items.length === 0 && (
        <div className="muted" style={{ marginBottom: 8 }}>
          {t('form.no_items')}
        </div>
      )}
      {canAdd && !disabled && !readonly && (
        <Button size="small" icon={<PlusOutlined aria-hidden />} onClick={onAddClick}>
          {t('form.add_item')}
        </Button>
      )}
    </fieldset>
  )
}

function ArrayFieldItemTemplate({ children, buttonsProps, index, disabled, readonly }: ArrayFieldItemTemplateProps) {
  const { t } = useTranslation()
  const n = index + 1
  return (
    <div className="list-item">
      <div className="grow">{children}</div>
      {!disabled && !readonly && (
        <span className="row tight" style={{ flexWrap: 'nowrap' }}>
          {buttonsProps.hasMoveUp && (
            <button type="button" className="icon-button" aria-label={t('form.move_up', { n })} onClick={buttonsProps.onMoveUpItem}>
              <ArrowUpOutlined aria-hidden />
            </button>
          )}
          {buttonsProps.hasMoveDown && (
            <button type="button" className="icon-button" aria-label={t('form.move_down', { n })} onClick={buttonsProps.onMoveDownItem}>
              <ArrowDownOutlined aria-hidden />
            </button>
          )}
          {buttonsProps.hasRemove && (
            <button type="button" className="icon-button" aria-label={t('form.remove_item', { n })} onClick={buttonsProps.onRemoveItem}>
              <CloseOutlined aria-hidden />
            </button>
          )}
        </span>
      )}
    </div>
  )
}

function MultiSchemaFieldTemplate({ selector, optionSchemaField }: MultiSchemaFieldTemplateProps) {
  return (
    <div className="stack tight">
      {selector}
      {optionSchemaField}
    </div>
  )
}

function UnsupportedFieldTemplate({ reason }: UnsupportedFieldProps) {
  const { t } = useTranslation()
  return (
    <div className="help">
      {t('form.unsupported')} <span lang="en">{reason}</span>
    </div>
  )
}

const nothing = () => null

export const templates: Partial<TemplatesType> = {
  FieldTemplate,
  ObjectFieldTemplate,
  ArrayFieldTemplate,
  ArrayFieldItemTemplate,
  MultiSchemaFieldTemplate,
  UnsupportedFieldTemplate,
  // Said by the templates above.
  DescriptionFieldTemplate: nothing,
  TitleFieldTemplate: nothing,
  FieldErrorTemplate: nothing,
  FieldHelpTemplate: nothing,
  ErrorListTemplate: nothing,
}
