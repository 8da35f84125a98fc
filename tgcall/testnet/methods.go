package testnet

import (
	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
)

// methods is what the network can do.
func methods() map[uint32]method {
	yes := func() bin.Encoder { return &tg.BoolTrue{} }
	return map[uint32]method{
		tg.HelpGetConfigRequestTypeID:    anyone(on((*request).getConfig)),
		tg.HelpGetNearestDCRequestTypeID: anyone(on((*request).getNearestDC)),

		tg.AuthSendCodeRequestTypeID:             anyone(on((*request).sendCode)),
		tg.AuthResendCodeRequestTypeID:           anyone(on((*request).resendCode)),
		tg.AuthCancelCodeRequestTypeID:           anyone(on((*request).cancelCode)),
		tg.AuthSignInRequestTypeID:               anyone(on((*request).signIn)),
		tg.AuthLogOutRequestTypeID:               anyone(on((*request).logOut)),
		tg.AuthCheckPasswordRequestTypeID:        anyone(on((*request).checkPassword)),
		tg.AccountGetPasswordRequestTypeID:       anyone(on((*request).getPassword)),
		tg.AuthExportLoginTokenRequestTypeID:     anyone(on((*request).exportLoginToken)),
		tg.AuthImportLoginTokenRequestTypeID:     anyone(on((*request).importLoginToken)),
		tg.AuthAcceptLoginTokenRequestTypeID:     on((*request).acceptLoginToken),
		tg.AuthExportAuthorizationRequestTypeID:  on((*request).exportAuthorization),
		tg.AuthImportAuthorizationRequestTypeID:  anyone(on((*request).importAuthorization)),
		tg.AccountGetAuthorizationsRequestTypeID: on((*request).getAuthorizations),
		tg.AuthResetAuthorizationsRequestTypeID:  on((*request).resetAuthorizations),
		tg.AccountUpdateStatusRequestTypeID:      constant[tg.AccountUpdateStatusRequest](yes),

		tg.AccountGetPrivacyRequestTypeID: on((*request).getPrivacy),
		tg.AccountSetPrivacyRequestTypeID: on((*request).setPrivacy),

		tg.UsersGetUsersRequestTypeID:           on((*request).getUsers),
		tg.UploadGetFileRequestTypeID:           on((*request).getFile),
		tg.UsersGetFullUserRequestTypeID:        on((*request).getFullUser),
		tg.ContactsResolveUsernameRequestTypeID: on((*request).resolveUsername),
		tg.ContactsResolvePhoneRequestTypeID:    on((*request).resolvePhone),
		tg.ContactsImportContactsRequestTypeID:  on((*request).importContacts),
		tg.ContactsDeleteContactsRequestTypeID:  on((*request).deleteContacts),
		tg.ContactsGetContactsRequestTypeID:     on((*request).getContacts),

		tg.UpdatesGetStateRequestTypeID:      on((*request).getState),
		tg.UpdatesGetDifferenceRequestTypeID: on((*request).getDifference),
		tg.MessagesSendMessageRequestTypeID:  on((*request).sendMessage),
		tg.MessagesGetHistoryRequestTypeID:   on((*request).getHistory),
		tg.MessagesGetDialogsRequestTypeID:   on((*request).getDialogs),
		tg.MessagesReadHistoryRequestTypeID:  on((*request).readHistory),

		tg.MessagesGetDhConfigRequestTypeID:    on((*request).getDHConfig),
		tg.PhoneGetCallConfigRequestTypeID:     constant[tg.PhoneGetCallConfigRequest](callConfig),
		tg.PhoneRequestCallRequestTypeID:       on((*request).requestCall),
		tg.PhoneReceivedCallRequestTypeID:      on((*request).receivedCall),
		tg.PhoneAcceptCallRequestTypeID:        on((*request).acceptCall),
		tg.PhoneConfirmCallRequestTypeID:       on((*request).confirmCall),
		tg.PhoneSendSignalingDataRequestTypeID: on((*request).sendSignalingData),
		tg.PhoneDiscardCallRequestTypeID:       on((*request).discardCall),
		tg.PhoneSetCallRatingRequestTypeID:     on((*request).setCallRating),
		tg.PhoneSaveCallDebugRequestTypeID:     constant[tg.PhoneSaveCallDebugRequest](yes),
	}
}
