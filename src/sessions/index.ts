export { formTokenOf, isFormToken } from './form-token.js';
export { SessionCookie } from './session-cookie.js';
export { SessionsModule } from './sessions.module.js';
export { newToken, type Session, Sessions } from './sessions.service.js';
export { SignIn } from './sign-in.service.js';
export { Throttle, type ThrottleRule } from './throttle.service.js';
