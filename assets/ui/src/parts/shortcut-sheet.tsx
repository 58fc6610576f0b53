// The list of keys.
import { Modal } from 'antd'
import { useTranslation } from 'react-i18next'

export const KEYS: [keys: string[], text: string][] = [
  [['Ctrl', 'K'], 'keys.palette'],
  [['/'], 'keys.search'],
  [['?'], 'keys.sheet'],
  [['g', 'h'], 'keys.home'],
  [['g', 'c'], 'keys.capabilities'],
  [['g', 'r'], 'keys.runs'],
  [['g', 'a'], 'keys.approvals'],
  [['g', 'l'], 'keys.audit'],
  [['g', 'n'], 'keys.register'],
  [['g', 'u'], 'keys.users'],
  [['g', 's'], 'keys.health'],
  [['j'], 'keys.down'],
  [['k'], 'keys.up'],
  [['Enter'], 'keys.open'],
  [['x'], 'keys.select'],
  [['r'], 'keys.rerun'],
  [['f'], 'keys.follow'],
  [['Ctrl', 'F'], 'keys.find'],
  [['Ctrl', 'Enter'], 'keys.submit'],
]

export function KeyList() {
  const { t } = useTranslation()
  return (
    <dl className="facts">
      {KEYS.map(([keys, text]) => (
        <KeyRow key={text} keys={keys} text={t(text)} />
      ))}
    </dl>
  )
}

function KeyRow({ keys, text }: { keys: string[]; text: string }) {
  return (
    <>
      <dt className="row tight">
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{text}</dd>
    </>
  )
}

export default function ShortcutSheet({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <Modal open title={t('shell.keys')} onCancel={onClose} footer={null}>
      <KeyList />
    </Modal>
  )
}
