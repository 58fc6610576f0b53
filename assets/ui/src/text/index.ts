// Loads the words of one language at a time.
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import type { Prefs } from '@/hooks/prefs'
import type { Words } from './words'

const load = {
  en: () => import('./en/index'),
  zh: () => import('./zh/index'),
}

let words: Words | undefined

export async function loadLanguage(language: Prefs['language']): Promise<void> {
  const loaded = (await load[language]()).default
  words = loaded
  if (!i18next.isInitialized) {
    await i18next.use(initReactI18next).init({
      lng: language,
      fallbackLng: false,
      resources: { [language]: { translation: loaded.texts } },
      interpolation: { escapeValue: false },
      returnNull: false,
      react: { useSuspense: false },
    })
  } else {
    i18next.addResourceBundle(language, 'translation', loaded.texts, true, true)
    await i18next.changeLanguage(language)
  }
}

/** Titles of the error codes and the words of Ant Design, in the language now shown. */
export function currentWords(): Words | undefined {
  return words
}
