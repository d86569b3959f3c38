export const ensure = 1;
