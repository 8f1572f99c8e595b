export default {
  title: 'Manual',
  url: 'https://manual.example.com',
  baseUrl: '/manual/',
  favicon: 'img/logo.png',
  presets: [['classic', { theme: { customCss: './src/css/custom.css' } }]],
  themeConfig: {
    image: 'img/cover.jpg',
    navbar: { title: 'Manual', logo: { alt: 'The logo', src: 'img/logo.png' } },
  },
};
