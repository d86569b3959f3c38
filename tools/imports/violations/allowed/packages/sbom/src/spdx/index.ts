export const parseExpression = (text: string) => text;
