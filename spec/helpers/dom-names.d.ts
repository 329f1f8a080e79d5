// Names of the DOM library in the declarations of `apache-arrow`, `mp4box`, `playwright-core` and `@rerun-io/web-viewer`.
// The project checks its Node side without that library, so that browser globals cannot slip in; here they are
// known as types that have nothing.

interface Node {}
interface Document extends Node {}
interface HTMLElement extends Node {}
interface HTMLCanvasElement extends HTMLElement {}
interface SVGElement extends Node {}
interface HTMLElementTagNameMap {}
interface StreamPipeOptions {}
type ReadableStreamReadResult<T> = { done: false; value: T } | { done: true; value: T | undefined };
