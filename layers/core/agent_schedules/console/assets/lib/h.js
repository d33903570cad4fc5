// The one import of Preact and htm: everything else imports from here.

import * as preact from "preact";
import * as hooks from "preact/hooks";
import * as htm from "htm";

export const h = preact.h;
export const render = preact.render;
export const Fragment = preact.Fragment;
/** Makes a tree from a template. Texts and attributes are never parsed as HTML. */
export const html = htm.default.bind(preact.h);

export const useState = hooks.useState;
export const useEffect = hooks.useEffect;
export const useLayoutEffect = hooks.useLayoutEffect;
export const useMemo = hooks.useMemo;
export const useRef = hooks.useRef;
export const useCallback = hooks.useCallback;
export const useId = hooks.useId;
export const useErrorBoundary = hooks.useErrorBoundary;

/** @typedef {import("preact").ComponentChildren} Children */
