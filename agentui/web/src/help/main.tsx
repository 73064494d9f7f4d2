import '../styles/tokens.css';
import './help.css';
import './annotations.css';
import { createRoot } from 'react-dom/client';
import { startTheme } from '../ui/theme';
import { Guest } from './guest';
import { language } from './words';

startTheme();
document.documentElement.lang = language;

const root = document.getElementById('root');
if (!root) throw new Error('no #root in the page');
createRoot(root).render(<Guest />);
