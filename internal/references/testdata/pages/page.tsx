import photo from "./a.jpg"
// import no from "./b.png"
export const images = { hero: "/img/a.jpg", ogImage: "/og.jpg", list: ["a.jpg", 'b.png'] }

export default function Page({ name }: { name: string }) {
  const other = `/img/${name}.jpg`
  return (
    <main title="It's a.jpg">
      Don't change a.jpg <img src="/a.jpg" alt="a.jpg" />
      <img src={"/img/b.jpg"} srcSet="/img/a.jpg 1x, /img/a@2x.jpg 2x" />
      <img src={require("./b.png")} /> <img src={other} /> <img src={name ? "/a.jpg" : "/b.png"} />
    </main>
  )
}
