import '@fontsource-variable/inter/index.css';
import '@fontsource-variable/noto-sans-jp/index.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/desk.css';
import './styles/columns.css';
import './styles/transcript.css';
import './styles/customer.css';
import './styles/board.css';
import './styles/control.css';
import './styles/review.css';
import './styles/dialog.css';
import './styles/admin.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { startLanguage } from './i18n';
import { startPlace } from './state/place';
import { startEnglish } from './ui/english';
import { startTheme } from './ui/theme';

startTheme();
startEnglish();
startPlace();
await startLanguage();

const root = document.getElementById('root');
if (!root) throw new Error('no #root in the page');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: 1 } } })}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
