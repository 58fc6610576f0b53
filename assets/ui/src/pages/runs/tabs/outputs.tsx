// The result as a table or a tree, and the files with a safe preview.
import { useTranslation } from 'react-i18next'
import type { RunDetail } from '@/api/types'
import { Artifacts } from '@/parts/artifacts'
import { ResultView } from '@/parts/result-view'
import { Card } from '@/ui/card'
import { CopyButton } from '@/ui/copy'
import { Empty } from '@/ui/empty'

export default function Outputs({ run }: { run: RunDetail }) {
  const { t } = useTranslation()
  const has = run.result !== undefined && run.result !== null
  if (!has && run.artifacts.length === 0) return <Empty why={t(run.finished_at ? 'run.no_outputs' : 'run.outputs_later')} what={t('run.no_outputs_what')} />
  return (
    <div className="stack wide">
      {has && (
        <Card title={t('run.result')} extra={<CopyButton text={JSON.stringify(run.result, null, 2)} label={t('run.copy_result')} />}>
          <ResultView value={run.result} />
        </Card>
      )}
      {run.artifacts.length > 0 && <Artifacts run={run} />}
    </div>
  )
}
