import antd from 'antd/locale/en_US'
import errorTitles from 'virtual:error-titles-en'
import { gather } from '../gather'
import type { Words } from '../words'

export default { texts: gather(import.meta.glob('./*.json', { eager: true, import: 'default' })), antd, errorTitles } satisfies Words
