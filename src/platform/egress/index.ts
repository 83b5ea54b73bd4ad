export { isPublicAddress } from './public-address.js';
export { mistakeInPublicUrl } from './public-url.js';
