export const parsePurl = 1;
