import photo from "./a.webp"
// import no from "./b.png"
export const images = { hero: "/img/a.webp", ogImage: "/og.jpg", list: ["a.webp", 'b.webp'] }

export default function Page({ name }: { name: string }) {
  const other = `/img/${name}.jpg`
  return (
    <main title="It's a.jpg">
      Don't change a.jpg <img src="/a.webp" alt="a.jpg" />
      <img src={"/img/b.webp"} srcSet="/img/a.webp 1x, /img/a@2x.webp 2x" />
      <img src={require("./b.webp")} /> <img src={other} /> <img src={name ? "/a.jpg" : "/b.png"} />
    </main>
  )
}
