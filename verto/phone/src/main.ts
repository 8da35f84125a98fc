import './app.css';
import { mount } from 'svelte';
import App from './views/App.svelte';
import { Phone } from './phone.svelte';
import { configuration } from './configuration';

const { server, user, password } = configuration();
const phone = new Phone(server);
if (!phone.resume() && user) phone.login(user, password);
mount(App, { target: document.body, props: { phone, prefilled: user } });
