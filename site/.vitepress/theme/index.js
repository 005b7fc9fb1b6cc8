// VitePress's own theme, with the fonts of the reader's machine.
import theme from 'vitepress/theme-without-fonts';
import './look.css';

export default theme;
