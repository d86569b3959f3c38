export const readBom = 1;
