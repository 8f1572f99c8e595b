import React from 'react';
import logo from '@site/static/img/logo.png';
import useBaseUrl from '@docusaurus/useBaseUrl';

const features = [{ title: 'Cover', image: '/img/cover.jpg' }];

export default function Home() {
  return (
    <main>
      <img src={logo} alt="The logo" />
      <img src={useBaseUrl('/img/cover.jpg')} alt="The cover" />
      <img src={require('@site/static/img/cover.jpg').default} alt="The cover" />
      {features.map((f) => <img key={f.title} src={f.image} alt={f.title} />)}
    </main>
  );
}
