import shelf from '~/assets/shelf.jpg';

export function Card({ title }: { title: string }) {
  return (
    <figure>
      <img src={shelf.src} alt={title} />
      <img src="/img/window.jpg" alt="The window" />
      <img src={new URL('../assets/cover.jpg', import.meta.url).href} alt="The cover" />
    </figure>
  );
}
