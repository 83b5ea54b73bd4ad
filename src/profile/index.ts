export { ProfileModule } from './profile.module.js';
export { PROFILE_STORE, type ProfileStore } from './ports/profile-store.js';
