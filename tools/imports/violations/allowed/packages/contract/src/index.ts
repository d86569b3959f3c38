export const codes = 1;
