// What the drawings of objects share: the namespace of SVG, and which colours of labels are taken.

export const SVG = "http://www.w3.org/2000/svg";
export const COLOR = /^#[0-9a-f]{3,8}$/i;
