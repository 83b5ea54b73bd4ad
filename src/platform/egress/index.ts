export { isPublicAddress } from './public-address.js';
export { publicUrlProblem } from './public-url.js';
