// For the type checker only. The templates, not the scripts, know which kind of element a selector
// names, so everything looked up in a page is `any`.

interface ParentNode {
  querySelector(selectors: string): any;
  querySelectorAll(selectors: string): NodeListOf<any>;
}

interface Document {
  getElementById(id: string): any;
  createElement(name: string): any;
}

interface EventTarget {
  readonly isConnected: boolean;
  closest(selectors: string): any;
}

interface Event {
  readonly detail: any;
}

interface Window {
  htmx: any;
}
