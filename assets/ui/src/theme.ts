// The same palette as styles/tokens.css, in the words of Ant Design.
import { theme as antd, type ThemeConfig } from 'antd'

const FONT = "-apple-system, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans', sans-serif"
const MONO = "ui-monospace, 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', monospace"

const LIGHT = {
  colorPrimary: '#0958d9', colorPrimaryHover: '#0a4bb5', colorPrimaryActive: '#083f98', colorLink: '#0958d9', colorLinkHover: '#0a4bb5', colorInfo: '#0958d9', colorError: '#cf1322', colorText: '#1b2430', colorTextPlaceholder: '#667085',
  colorTextDescription: '#5b6472', colorTextDisabled: '#667085', colorBorder: '#c4cbd4', colorBorderSecondary: '#e1e5ea', colorBgLayout: '#f5f6f8', colorBgContainer: '#ffffff',
}
const DARK = {
  colorPrimary: '#3c89e8', colorLink: '#6aa8ff', colorInfo: '#6aa8ff', colorError: '#ff7875', colorText: '#dce3eb', colorTextPlaceholder: '#949da8',
  colorTextDescription: '#a0a8b2', colorTextDisabled: '#949da8', colorBorder: '#435061', colorBorderSecondary: '#2a323d', colorBgLayout: '#101418', colorBgContainer: '#161b22',
  colorBgElevated: '#1a2029',
}

export function antTheme(dark: boolean, comfortable: boolean): ThemeConfig {
  return {
    algorithm: dark ? antd.darkAlgorithm : antd.defaultAlgorithm,
    zeroRuntime: true,
    hashed: false,
    cssVar: { prefix: 'ant', key: dark ? 'eg-dark' : 'eg-light' },
    token: {
      ...(dark ? DARK : LIGHT),
      fontFamily: FONT,
      fontFamilyCode: MONO,
      fontSize: comfortable ? 15 : 13,
      controlHeight: comfortable ? 32 : 28,
      borderRadius: 4,
      borderRadiusSM: 3,
      borderRadiusLG: 6,
      motion: false,
      boxShadow: 'none',
      wireframe: false,
      // What a busy button says must stay readable.
      opacityLoading: 1,
    },
    components: {
      Button: { primaryShadow: 'none', defaultShadow: 'none', dangerShadow: 'none', fontWeight: 500, ...(dark ? { colorPrimary: '#1f66c8', colorPrimaryHover: '#2b74da', colorPrimaryActive: '#1a57ab', dangerColor: '#1b0c0c', defaultHoverColor: '#6aa8ff', defaultHoverBorderColor: '#6aa8ff', defaultActiveColor: '#8dc1ff', defaultActiveBorderColor: '#8dc1ff' } : {}) },
      Modal: { titleFontSize: 15 },
    },
  }
}
