import antd from 'antd/locale/zh_CN'
import errorTitles from 'virtual:error-titles-zh'
import { gather } from '../gather'
import type { Words } from '../words'

export default { texts: gather(import.meta.glob('./*.json', { eager: true, import: 'default' })), antd, errorTitles } satisfies Words
