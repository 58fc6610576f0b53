// Leads to the help page that belongs to this screen.
import { QuestionCircleOutlined } from '@ant-design/icons'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { paths } from '@/paths'

export function HelpLink({ page }: { page: string }) {
  const { t } = useTranslation()
  return (
    <Link href={paths.help(page)} className="row tight">
      <QuestionCircleOutlined aria-hidden />
      {t('common.about_page')}
    </Link>
  )
}
