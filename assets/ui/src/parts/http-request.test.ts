import { expect, test } from 'vitest'
import { emptyRequest, inputNames, manifestOf, placeholders } from './http-request'

test('placeholders are names in single braces', () => {
  expect(placeholders('/orders/{id}/lines/{line}')).toEqual(['id', 'line'])
  expect(placeholders('{{not}} {yes}')).toEqual(['yes'])
  expect(placeholders('')).toEqual([])
})

test('inputs come from path, query, headers and the texts of the body, each once', () => {
  const form = { ...emptyRequest('erp'), method: 'POST', path: '/a/{id}', query: [['m', '{month}']] as [string, string][], headers: [['X-Team', '{team}']] as [string, string][], body: 'json' as const, bodyText: '{"amount": "{amount}", "id": "{id}"}' }
  expect(inputNames(form)).toEqual(['id', 'month', 'team', 'amount'])
  // What has no body uses none of its inputs.
  expect(inputNames({ ...form, method: 'GET' })).toEqual(['id', 'month', 'team'])
})

test('the manifest says what the form says', () => {
  const form = {
    ...emptyRequest('erp'), name: 'orders', title: 'Orders', method: 'POST', path: '/orders/{id}', body: 'json' as const, bodyText: '{"amount": "{amount}", "note": null}', idempotencyHeader: 'Idempotency-Key', tries: 3, extract: '/data',
    inputs: { amount: { type: 'number', required: true, description: 'In whole units' } },
  }
  expect(manifestOf(form)).toBe(`kind = "http"
name = "orders"
title = "Orders"

[inputs.id]
type = "string"
required = true

[inputs.amount]
type = "number"
required = true
description = "In whole units"

[http]
resource = "erp"
method = "POST"
path = "/orders/{id}"
body = { json = { amount = "{amount}" } }
idempotency_header = "Idempotency-Key"
retry = { tries = 3 }

[http.response]
success = ["2xx"]
extract = "/data"
`)
})

test('what only reads has neither body nor, when it writes, pages', () => {
  const form = { ...emptyRequest('erp'), name: 'x', body: 'form' as const, fields: [['a', '1']] as [string, string][], pages: 'link' as const }
  expect(manifestOf(form)).toContain('pages = { kind = "link", items = "/items", max = 20 }')
  expect(manifestOf(form)).not.toContain('body')
  expect(manifestOf({ ...form, method: 'POST' })).toContain('body = { form = { a = "1" } }')
  expect(manifestOf({ ...form, method: 'POST' })).not.toContain('pages')
})
