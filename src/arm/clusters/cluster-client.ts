// What writes is sent through the SDK's client. It is loaded by this file, which names the one thing that is used, so
// that the rest of the package stays out of the bundle.
export { ContainerServiceClient } from '@azure/arm-containerservice';
