import { Controller, Delete, HttpCode, Param } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser, Roles } from '../../platform/auth/index.js';
import { EraseUser } from '../app/erase-user.js';

/** Erases what is stored about a user. */
@ApiTags('users')
@Controller()
export class ErasureController {
  constructor(private readonly eraseUser: EraseUser) {}

  @ApiOperation({
    summary: 'Erase everything of your own',
    operationId: 'eraseMe',
    description:
      'Running turns are stopped and streams end. Documents that the organisation shares and amounts that were billed stay, without your name.',
  })
  @ApiNoContentResponse()
  @HttpCode(204)
  @Delete('me')
  me(@CurrentUser() caller: Caller): Promise<void> {
    return this.eraseUser.erase(caller);
  }

  @ApiOperation({
    summary: 'Erase everything of a user of your organisation',
    operationId: 'eraseUser',
    description:
      'For administrators. Somebody whom the organisation does not have has nothing to erase, which is answered in the same way.',
  })
  @ApiParam({ name: 'user', type: String, description: 'The `sub` of the user’s tokens.' })
  @ApiNoContentResponse()
  @Roles('admin')
  @HttpCode(204)
  @Delete('users/:user')
  user(@CurrentUser() { org }: Caller, @Param('user') id: string): Promise<void> {
    return this.eraseUser.erase({ org, id });
  }
}
