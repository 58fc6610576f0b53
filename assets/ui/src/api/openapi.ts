// Operations of OpenAPI documents, and what becomes of them.
import { post } from './http'
import type { ImportedOperation, OpenApiOperation, OperationsRequest } from './types'

export const openapi = {
  operations: (document: string) => post<{ items: OpenApiOperation[] }>('/api/v1/openapi/operations', { document }),
  import: (body: OperationsRequest) => post<{ items: ImportedOperation[] }>('/api/v1/openapi/imports', body),
}
