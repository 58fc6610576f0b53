// Language and theme, one press away on every page.
import { BulbOutlined, GlobalOutlined } from '@ant-design/icons'
import { Dropdown } from 'antd'
import { useTranslation } from 'react-i18next'
import { setPrefs, usePrefs, type Prefs } from '@/hooks/prefs'

export function PrefsMenu() {
  const { t } = useTranslation()
  const prefs = usePrefs()
  const themes: Prefs['theme'][] = ['system', 'light', 'dark']
  return (
    <>
      <Dropdown
        trigger={['click']}
        menu={{
          selectable: true,
          selectedKeys: [prefs.language],
          items: [
            { key: 'en', label: <span lang="en">English</span>, onClick: () => setPrefs({ language: 'en' }) },
            { key: 'zh', label: <span lang="zh-CN">简体中文</span>, onClick: () => setPrefs({ language: 'zh' }) },
          ],
        }}
      >
        <button type="button" className="icon-button" aria-label={t('prefs.language')} title={t('prefs.language')} aria-haspopup="menu">
          <GlobalOutlined aria-hidden />
          <span className="hide-small">{prefs.language === 'zh' ? '中文' : 'EN'}</span>
        </button>
      </Dropdown>
      <Dropdown
        trigger={['click']}
        menu={{
          selectable: true,
          selectedKeys: [prefs.theme],
          items: themes.map((theme) => ({ key: theme, label: t(`prefs.theme_${theme}`), onClick: () => setPrefs({ theme }) })),
        }}
      >
        <button type="button" className="icon-button" aria-label={t('prefs.theme')} title={t('prefs.theme')} aria-haspopup="menu">
          <BulbOutlined aria-hidden />
        </button>
      </Dropdown>
    </>
  )
}
