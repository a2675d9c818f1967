/** @file The page's address as state. */
import { createContext } from 'svelte';
import { hrefOf, parseRoute, type Route } from './routes.ts';

/** The parts of a window that routing needs. */
export interface RouterHost {
  readonly location: { hash: string };
  readonly history: { replaceState(data: unknown, unused: string, url: string): void };
  addEventListener(type: 'hashchange', listener: () => void): void;
}

export class Router {
  route = $state.raw<Route>({ page: 'home' });
  readonly #host: RouterHost;
  /** The address of `route`, as the browser has it. */
  #hash = '';

  constructor(host: RouterHost) {
    this.#host = host;
    const follow = () => {
      this.#hash = host.location.hash;
      this.route = parseRoute(this.#hash);
    };
    follow();
    host.addEventListener('hashchange', follow);
  }

  /** Go to a page; the browser's Back button returns. */
  go = (route: Route): void => {
    this.#host.location.hash = hrefOf(route);
  };

  /** Rewrite the address of the present page; Back does not stop here. */
  replace = (route: Route): void => {
    // A link was followed, of which the event is still to come: its address stays.
    if (this.#host.location.hash !== this.#hash) return;
    this.#host.history.replaceState(null, '', hrefOf(route));
    this.#hash = this.#host.location.hash;
    this.route = route;
  };
}

/** The whole address of a route, to be passed on. */
export const linkTo = (route: Route): string => location.href.split('#')[0] + hrefOf(route);

export const [getRouter, setRouter] = createContext<Router>();
