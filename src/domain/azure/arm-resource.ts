const armResources: Readonly<Record<string, string>> = {
  AzureUSGovernment: 'https://management.usgovcloudapi.net/',
  AzureChinaCloud: 'https://management.chinacloudapi.cn/',
};

/**
 * The audience of ARM itself: what any identity can get a token for. @param cloud as `--cloud` takes it;
 * undefined: the public one
 */
export function armResource(cloud: string | undefined): string {
  return armResources[cloud ?? ''] ?? 'https://management.azure.com/';
}
