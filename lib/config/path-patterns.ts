/** Whether some path matches both patterns (`*` any text, `?` any one character, as in ALB rules). */
export function overlap(left: string, right: string): boolean {
  if (left === '' && right === '') return true;
  if (left.startsWith('*')) return overlap(left.slice(1), right) || (right !== '' && overlap(left, right.slice(1)));
  if (right.startsWith('*')) return overlap(right, left);
  if (left === '' || right === '') return false;
  return (left[0] === right[0] || left[0] === '?' || right[0] === '?') && overlap(left.slice(1), right.slice(1));
}
