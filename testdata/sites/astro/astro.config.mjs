import { defineConfig } from 'astro/config';

export default defineConfig({
  site: 'https://shop.example.com',
  base: '/shop',
});
